"""The optimizer Muon for convolutional networks.

References
----------
.. [1] K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks",
   2024, https://kellerjordan.github.io/posts/muon/
.. [2] J. Liu et al., "Muon is Scalable for LLM Training", 2025,
   https://arxiv.org/abs/2502.16982
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable("skdigits")
class Muon(keras.optimizers.Muon):
    """Muon that also updates the kernels of convolutions as matrices.

    As in the code of its authors [1]_, a kernel becomes a matrix with a column for each
    output channel; Keras 3.15 updates kernels by AdamW. Steps are scaled to the size of
    those of Adam [2]_, so the same learning rates work. Adam updates biases,
    normalisations and the matrix of the output layer.

    Parameters
    ----------
    learning_rate : float
    """

    def __init__(self, learning_rate=0.003):
        super().__init__(learning_rate, weight_decay=None, adam_weight_decay=None)

    def build(self, var_list):
        matrices = [variable for variable in var_list if len(variable.shape) > 1]
        self._output = matrices[-1].path if matrices else None
        super().build(var_list)

    def _should_use_adamw(self, variable):
        return len(variable.shape) < 2 or variable.path == self._output

    def _muon_update_step(self, gradient, variable, lr, m):
        self.assign(m, self.momentum * m + gradient)
        ahead = gradient + self.momentum * m  # Nesterov's momentum
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        step = self.lr_adjust(
            lr * self.zeropower_via_newtonschulz5(matrix, self.ns_steps)
        )
        self.assign_sub(variable, ops.reshape(step, variable.shape))

    def get_config(self):
        return {"learning_rate": float(self.learning_rate)}

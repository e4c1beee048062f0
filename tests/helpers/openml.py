"""Cache files of scikit-learn for data sets of OpenML."""

import hashlib
import json

import numpy as np

from .competition import gzipped, text_of

FILE_ID = "52667"


def write_openml_cache(data_home, name, X, y, *, data_id, version=1):
    """Write the files that ``fetch_openml(name, version=version)`` reads.

    Parameters
    ----------
    data_home : pathlib.Path
    name : str
    X : ndarray of shape (n_samples, n_pixels), int
    y : ndarray of shape (n_samples,), int
        Digits from 0 to 9.
    data_id, version : int
    """
    n_pixels = X.shape[1]
    arff = f"@RELATION {name}\n"
    arff += "".join(f"@ATTRIBUTE pixel{i + 1} real\n" for i in range(n_pixels))
    arff += "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}\n@DATA\n"
    arff += text_of(np.column_stack([X, y]).astype(str).tolist())
    features = [
        {
            "index": str(i),
            "name": "class" if i == n_pixels else f"pixel{i + 1}",
            "data_type": "nominal" if i == n_pixels else "numeric",
            "is_target": "true" if i == n_pixels else "false",
            "number_of_missing_values": "0",
            "is_ignore": "false",
            "is_row_identifier": "false",
        }
        for i in range(n_pixels + 1)
    ]
    features[-1]["nominal_value"] = [str(digit) for digit in range(10)]
    download = f"data/v1/download/{FILE_ID}"
    description = {
        "id": str(data_id),
        "name": name,
        "version": str(version),
        "description": f"Some images in the form of {name}",
        "format": "ARFF",
        "status": "active",
        "file_id": FILE_ID,
        "url": f"https://www.openml.org/{download}/{name}.arff",
        "md5_checksum": hashlib.md5(arff.encode()).hexdigest(),
    }
    found = {"did": data_id, "version": version, "status": "active"}
    n_samples = [{"name": "NumberOfInstances", "value": str(len(X))}]
    api = "api/v1/json/data"
    files = {
        f"{api}/list/data_name/{name.lower()}/limit/2/data_version/{version}": {
            "data": {"dataset": [found]}
        },
        f"{api}/{data_id}": {"data_set_description": description},
        f"{api}/features/{data_id}": {"data_features": {"feature": features}},
        f"{api}/qualities/{data_id}": {"data_qualities": {"quality": n_samples}},
        f"{download}/{name}.arff": arff,
        download: arff,  # scikit-learn before 1.9
    }
    for file, content in files.items():
        path = data_home / "openml" / "openml.org" / f"{file}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_bytes(gzipped(text))

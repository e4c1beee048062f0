"""What the commands of the command line do; ``skdigits/__main__.py`` reads them."""

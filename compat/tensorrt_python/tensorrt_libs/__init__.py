"""TensorRT's libraries come as a package of this name; dovetail carries its own."""

"""The runtime API under its older name."""
from cuda._runtime import *

"""The runtime API."""
from cuda._runtime import *

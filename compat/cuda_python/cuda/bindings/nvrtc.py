"""Run-time compilation: declared, and refused."""
from cuda._nvrtc import *

"""Run-time compilation under its older name: declared, and refused."""
from cuda._nvrtc import *

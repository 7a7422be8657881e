"""The driver API under its older name."""
from cuda._driver import *

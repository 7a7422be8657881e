"""The driver API."""
from cuda._driver import *

// A shared library of archives still needs a source of its own.

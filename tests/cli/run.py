#!/usr/bin/env python3
"""Black-box tests: the built binary, as a person or a script would use it.

  run.py PATH/TO/triaged [unittest's own arguments]
"""
import pathlib
import sys
import unittest

import binary


def main() -> None:
    if len(sys.argv) < 2 or not pathlib.Path(sys.argv[1]).is_file():
        sys.exit(__doc__)
    binary.PATH = str(pathlib.Path(sys.argv[1]).resolve())
    here = pathlib.Path(__file__).resolve().parent
    if len(sys.argv) > 2:
        unittest.main(module=None, argv=[sys.argv[0], *sys.argv[2:]])
    suite = unittest.defaultTestLoader.discover(str(here), top_level_dir=str(here))
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()

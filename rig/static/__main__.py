"""python3 -m rig.static"""

import sys

from .main import main

sys.exit(main())

"""python3 -m rig.static"""
import sys

from rig.static.main import main

sys.exit(main())

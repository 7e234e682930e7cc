"""python3 -m series VERB"""
import sys

from series.series import main

sys.exit(main())

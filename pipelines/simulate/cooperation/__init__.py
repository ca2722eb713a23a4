"""What does the cooperation around children look like in the made-up municipality: meetings, cases, agreements, requests, staff.

It follows the profile's rules to the letter, but for the departures that the profile plants; every part is drawn from a stream of
its own, and only when asked for.
"""

from pipelines.simulate.cooperation.draw import Cooperation, draw_cooperation

__all__ = ["Cooperation", "draw_cooperation"]

"""Draw a digit on the page of `skdigits.draw` and save a picture of the page.

    pip install -e ".[draw]" playwright
    python docs/make_drawing.py

Writes docs/images/draw.png. It needs Chromium or Chrome.
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

import skdigits

PICTURE = Path(__file__).parent / "images" / "draw.png"
# Points in hundredths of the canvas.
THREE = [(28, 24), (36, 17), (50, 14), (63, 19), (67, 30), (60, 41), (44, 48)]
THREE += [(62, 52), (72, 64), (68, 78), (54, 86), (38, 85), (27, 78)]

if __name__ == "__main__":
    page = skdigits.draw()
    with sync_playwright() as driver:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        tab = browser.new_page(viewport={"width": 1000, "height": 600})
        tab.goto(page.local_url)
        box = tab.locator("canvas").bounding_box()
        points = [
            (box["x"] + x / 100 * box["width"], box["y"] + y / 100 * box["height"])
            for x, y in THREE
        ]
        tab.mouse.move(*points[0])
        tab.mouse.down()
        for point in points[1:]:
            tab.mouse.move(*point, steps=5)
        tab.mouse.up()
        tab.wait_for_timeout(1000)  # the page shows the prediction for the last move
        tab.screenshot(path=PICTURE)
    page.close()

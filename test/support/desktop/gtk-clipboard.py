"""An application of GTK 3 that copies or pastes.

    gtk-clipboard.py paste text | image          writes the text, or the image as "WIDTHxHEIGHT RGB..." in hex
    gtk-clipboard.py copy text WORDS             holds it until it is killed
    gtk-clipboard.py copy image FILE
"""

import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, Gtk

action, kind, *rest = sys.argv[1:]
clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
if action == "paste" and kind == "text":
    text = clipboard.wait_for_text()
    sys.stdout.write("nothing" if text is None else text)
elif action == "paste":
    image = clipboard.wait_for_image()
    if image is None:
        sys.stdout.write("nothing")
    else:
        plain = image.copy()
        sys.stdout.write(f"{plain.get_width()}x{plain.get_height()} {plain.read_pixel_bytes().get_data()[:3].hex()}")
else:
    if kind == "text":
        clipboard.set_text(rest[0], -1)
    else:
        clipboard.set_image(GdkPixbuf.Pixbuf.new_from_file(rest[0]))
    Gtk.main()

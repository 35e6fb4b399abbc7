"""Covers every display with a window, and prints where the pointer is on which: "NAME X Y", in the compositor's units."""
import sys

import gi

gi.require_version('Gtk', '3.0')
from gi.repository import Gdk, GLib, Gtk

display = Gdk.Display.get_default()


def told(_window, event, at):
    print(at, event.x, event.y, flush=True)


def covered(_window, _event, at):
    print('covers', at, flush=True)


for index in range(display.get_n_monitors()):
    place = display.get_monitor(index).get_geometry()
    at = f'{place.x},{place.y}'
    window = Gtk.Window(title=at)
    window.add_events(Gdk.EventMask.POINTER_MOTION_MASK | Gdk.EventMask.ENTER_NOTIFY_MASK)
    window.connect('motion-notify-event', told, at)
    window.connect('enter-notify-event', told, at)
    window.connect('map-event', covered, at)
    window.fullscreen_on_monitor(Gdk.Screen.get_default(), index)
    window.show_all()

GLib.timeout_add_seconds(60, sys.exit, 1)
Gtk.main()

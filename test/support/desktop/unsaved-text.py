"""An application with unsaved text, which its session manager knows: prints "ready" when it does, "asked" when the session
wants to end, "ended" when it ends itself. With the word "objects" it asks that the session not end."""

import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

application = Gtk.Application(application_id="org.example.Editor", register_session=True)


def say(word):
    print(word, flush=True)


def activate(_):
    window = Gtk.ApplicationWindow(application=application, title="unsaved text")
    window.show()
    if "objects" in sys.argv:
        application.inhibit(window, Gtk.ApplicationInhibitFlags.LOGOUT, "unsaved text")
    say("ready")


application.connect("activate", activate)
application.connect("query-end", lambda _: say("asked"))
application.run([])
say("ended")

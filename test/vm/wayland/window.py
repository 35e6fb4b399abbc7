#!/usr/bin/env python3
"""A window that copies and pastes when it is asked, as an application in front of its user does.

    window.py serve SOCKET         opens the window, and answers until it is closed
    window.py ask SOCKET JSON      one request, and its answer

    {"do": "state"}                                  {"focused": it has the keyboard, "types": what the clipboard has}
    {"do": "copy", "type": "image/png", "file": "x"} own the clipboard with the bytes of a file
    {"do": "paste", "type": "image/png"}             {"bytes": length, "sha256": ..., "base64": the first of them}
    {"do": "cover", "display": "Virtual-1"}          fill a display: {"covers": it does, "width": in units, "height": ...}
    {"do": "pointer"}                                {"x": where it was last seen, in units from the corner, "y": ...}

It runs in the guest, with GTK 4: natively on Wayland, with GDK_BACKEND=x11 on Xwayland.
"""
import base64
import hashlib
import json
import os
import socket
import sys

MAX_LINE = 1 << 16
SHOWN = 4096


def ask(address, request):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        connection.sendall(request.encode() + b'\n')
        print(connection.makefile().readline().strip())


def serve(address):
    import gi

    gi.require_version('Gdk', '4.0')
    gi.require_version('Gtk', '4.0')
    from gi.repository import Gdk, Gio, GLib, Gtk

    class Window(Gtk.ApplicationWindow):
        def __init__(self, application):
            super().__init__(application=application, title='lab', default_width=300, default_height=200)
            self.pointer = {}
            motion = Gtk.EventControllerMotion()
            motion.connect('enter', self.seen)
            motion.connect('motion', self.seen)
            self.add_controller(motion)
            self.present()
            if os.path.exists(address):
                os.unlink(address)
            service = Gio.SocketService()
            at = Gio.UnixSocketAddress.new(address)
            service.add_address(at, Gio.SocketType.STREAM, Gio.SocketProtocol.DEFAULT, None)
            service.connect('incoming', self.incoming)
            service.start()
            self.service = service

        def incoming(self, _service, connection, _source):
            lines = Gio.DataInputStream.new(connection.get_input_stream())
            lines.read_line_async(GLib.PRIORITY_DEFAULT, None, self.heard, (connection, lines))
            return True

        def heard(self, lines, result, held):
            line = lines.read_line_finish(result)[0]
            request = json.loads(bytes(line))

            def answer(value):
                held[0].get_output_stream().write_all(json.dumps(value).encode() + b'\n', None)
                held[0].close(None)

            getattr(self, 'do_' + request['do'])(request, answer)

        def do_state(self, _request, answer):
            types = self.get_clipboard().get_formats().get_mime_types() or []
            answer({'focused': self.is_active(), 'types': list(types)})

        def seen(self, _controller, x, y):
            self.pointer = {'x': x, 'y': y}

        def do_pointer(self, _request, answer):
            answer(self.pointer)

        def do_cover(self, request, answer):
            for monitor in self.get_display().get_monitors():
                if monitor.get_connector() == request['display']:
                    self.fullscreen_on_monitor(monitor)
                    place = monitor.get_geometry()
                    covers = (self.get_width(), self.get_height()) == (place.width, place.height)
                    answer({'covers': covers, 'width': place.width, 'height': place.height})
                    return
            answer({'covers': False})

        def do_copy(self, request, answer):
            with open(request['file'], 'rb') as file:
                content = GLib.Bytes.new(file.read())
            provider = Gdk.ContentProvider.new_for_bytes(request['type'], content)
            answer({'owned': self.get_clipboard().set_content(provider)})

        def do_paste(self, request, answer):
            def opened(clipboard, result):
                try:
                    stream, _type = clipboard.read_finish(result)
                except GLib.Error as error:
                    answer({'error': error.message})
                    return
                whole = Gio.MemoryOutputStream.new_resizable()
                flags = Gio.OutputStreamSpliceFlags.CLOSE_SOURCE | Gio.OutputStreamSpliceFlags.CLOSE_TARGET
                whole.splice_async(stream, flags, GLib.PRIORITY_DEFAULT, None, read)

            def read(whole, result):
                try:
                    whole.splice_finish(result)
                except GLib.Error as error:
                    answer({'error': error.message})
                    return
                data = bytes(whole.steal_as_bytes().get_data() or b'')
                first = base64.b64encode(data[:SHOWN]).decode()
                answer({'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest(), 'base64': first})

            self.get_clipboard().read_async([request['type']], GLib.PRIORITY_DEFAULT, None, opened)

    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    application.connect('activate', Window)
    application.run()


if __name__ == '__main__':
    {'ask': ask, 'serve': serve}[sys.argv[1]](*sys.argv[2:])

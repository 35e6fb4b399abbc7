#!/usr/bin/python3
"""A SPICE client without a window, for tests: spice-gtk's SpiceClientGLib, the library of virt-viewer and remote-viewer.

    client.py SOCKET [EFFECT...]      the SPICE server's unix socket; effects that the guest shall do without, as
                                      remote-viewer's --spice-disable-effects has them

Requests come as lines of JSON on stdin and are answered on stdout, each with its own id, in the order they are done:

    {"id": 1, "do": "state"}                                        what the client knows at this moment
    {"id": 2, "do": "copy", "selection": "clipboard", "text": "x"}  own the selection, answer the guest's requests for it
    {"id": 3, "do": "paste", "selection": "clipboard"}              {"text": ...} from the guest, once it came
    {"id": 4, "do": "release", "selection": "clipboard"}            own it no more
    {"id": 5, "do": "resize", "monitors": [{"width": 1280, "height": 720, "x": 0, "y": 0}]}
    {"id": 6, "do": "point", "x": 10, "y": 20, "display": 0}        the client's pointer, if the server takes it
    {"id": 11, "do": "click"}                                       its left button, pressed and let go
    {"id": 7, "do": "copy_image", "selection": "clipboard", "file": "x.png"}     own it with the bytes of a file
    {"id": 9, "do": "send", "files": ["/x"]}                        {"ended": {name: null or why}} once all were sent or were not
    {"id": 10, "do": "cancel_sending"}                              gives up what is being sent
    {"id": 8, "do": "paste_image", "selection": "clipboard"}        {"bytes": length, "sha256": ...} of the guest's PNG

    {"id": 1, "result": {...}} or {"id": 1, "error": "..."}

The end of stdin ends the client. It runs under Debian's own Python, which has the library's bindings.
"""
import hashlib
import json
import sys
import time

import gi

gi.require_version('SpiceClientGLib', '2.0')
from gi.repository import Gio, GLib, GObject, SpiceClientGLib as Spice  # noqa: E402

# Session.connect() and Channel.connect() hide the one for signals.
on = GObject.Object.connect

TEXT = 1  # VD_AGENT_CLIPBOARD_UTF8_TEXT
PNG = 2  # VD_AGENT_CLIPBOARD_IMAGE_PNG
SELECTIONS = {'clipboard': 0, 'primary': 1}
LEFT = 1  # SPICE_MOUSE_BUTTON_LEFT, and what it is among those that are held
LEFT_HELD = 1
MAX_LINE = 1 << 20


class Client:
    def __init__(self, socket, effects):
        self.loop = GLib.MainLoop()
        self.main = None
        self.inputs = None
        self.surfaces = {}
        self.own = {}  # by selection: its type and bytes
        self.requested = {}
        self.guest_types = {}
        self.grabbed_at = {}
        self.pastes = []
        self.tasks = []  # files on their way
        self.sending = None  # the request, and how each of its files has ended
        self.rest = b''
        self.session = Spice.Session()
        self.session.set_property('uri', 'spice+unix://' + socket)
        self.session.set_property('disable-effects', effects)
        on(self.session, 'channel-new', self.channel_new)
        on(self.session, 'disconnected', lambda *_: self.loop.quit())
        if not self.session.connect():
            raise SystemExit('cannot connect to ' + socket)
        GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, self.read)

    def channel_new(self, _session, channel):
        if isinstance(channel, Spice.MainChannel):
            self.main = channel
            on(channel, 'channel-event', self.main_event)
            on(channel, 'notify::agent-connected', self.agent_changed)
            on(channel, 'main-clipboard-selection-grab', self.guest_copied)
            on(channel, 'main-clipboard-selection-release', self.guest_released)
            on(channel, 'main-clipboard-selection-request', self.guest_asks)
            on(channel, 'main-clipboard-selection', self.guest_pastes)
            on(channel, 'new-file-transfer', self.file_begun)
        elif isinstance(channel, Spice.DisplayChannel):
            on(channel, 'display-primary-create', self.surface_created)
            channel.connect()
        elif isinstance(channel, Spice.InputsChannel):
            self.inputs = channel
            channel.connect()

    def main_event(self, _channel, event):
        if event != Spice.ChannelEvent.OPENED:
            print('main channel:', event.value_nick, file=sys.stderr)
            if event != Spice.ChannelEvent.SWITCHING:
                self.loop.quit()

    def surface_created(self, channel, _format, width, height, *_rest):
        self.surfaces[channel.get_property('channel-id')] = {'width': width, 'height': height}

    # Whatever the guest's agent had offered or asked goes with the agent.
    def agent_changed(self, channel, _property):
        if channel.get_property('agent-connected'):
            return
        self.guest_types.clear()
        for request, _selection in self.pastes:
            self.answer(request, error='the agent has gone')
        self.pastes.clear()

    def guest_copied(self, _channel, selection, types, *_count):
        self.own.pop(selection, None)
        self.guest_types[selection] = list(types)
        self.grabbed_at[selection] = time.time() * 1000
        return True

    def guest_released(self, _channel, selection):
        self.guest_types.pop(selection, None)

    def guest_asks(self, channel, selection, kind):
        self.requested[selection] = self.requested.get(selection, 0) + 1
        own_kind, data = self.own.get(selection, (None, b''))
        if kind != own_kind:
            return False
        channel.clipboard_selection_notify(selection, kind, data)
        return True

    def guest_pastes(self, _channel, selection, kind, data, *_size):
        for paste in [paste for paste in self.pastes if paste[1] == selection]:
            self.pastes.remove(paste)
            if kind == TEXT:
                self.answer(paste[0], {'text': bytes(data).decode()})
            elif kind == PNG:
                content = bytes(data)
                self.answer(paste[0], {'bytes': len(content), 'sha256': hashlib.sha256(content).hexdigest()})
            else:
                self.answer(paste[0], error='the guest has none')

    def file_begun(self, _channel, task):
        self.tasks.append(task)
        on(task, 'finished', self.file_ended)

    def file_ended(self, task, error):
        request, ended, names = self.sending
        self.tasks.remove(task)
        ended[task.get_filename()] = None if error is None else error.message
        if len(ended) == len(names):
            self.sending = None
            self.answer(request, {'ended': ended})

    def read(self, _source, _condition):
        data = sys.stdin.buffer.raw.read(65536)
        if not data:
            self.loop.quit()
            return False
        *lines, self.rest = (self.rest + data).split(b'\n')
        if len(self.rest) > MAX_LINE:
            raise SystemExit('a line is too long')
        for line in lines:
            self.request(json.loads(line))
        return True

    def request(self, request):
        try:
            result = getattr(self, 'do_' + request['do'])(request)
        except Exception as error:  # whatever it is, the test shall read it
            self.answer(request, error=repr(error))
        else:
            if result is not None:
                self.answer(request, result)

    def answer(self, request, result=None, error=None):
        body = {'error': error} if error is not None else {'result': result}
        print(json.dumps({'id': request['id'], **body}), flush=True)

    def do_state(self, _request):
        agent = self.main is not None and self.main.get_property('agent-connected')
        return {
            'agent': agent,
            # The property is true before the agent has said what it can.
            'capabilities': [bit for bit in range(32) if agent and self.main.agent_test_capability(bit)],
            'surfaces': self.surfaces,
            'guestOwns': {name: number in self.guest_types for name, number in SELECTIONS.items()},
            'grabbedAt': {name: self.grabbed_at.get(number, 0) for name, number in SELECTIONS.items()},
            'requested': {name: self.requested.get(number, 0) for name, number in SELECTIONS.items()},
            'clientMouse': self.main is not None and self.main.get_property('mouse-mode') == 2,
        }

    def do_copy(self, request):
        return self.copy(request, TEXT, request['text'].encode())

    def do_copy_image(self, request):
        with open(request['file'], 'rb') as file:
            return self.copy(request, PNG, file.read())

    def copy(self, request, kind, data):
        selection = SELECTIONS[request['selection']]
        self.guest_types.pop(selection, None)
        self.own[selection] = (kind, data)
        self.main.clipboard_selection_grab(selection, [kind])
        return {}

    def do_release(self, request):
        selection = SELECTIONS[request['selection']]
        self.own.pop(selection, None)
        self.main.clipboard_selection_release(selection)
        return {}

    def do_paste(self, request):
        selection = SELECTIONS[request['selection']]
        self.pastes.append((request, selection))
        self.main.clipboard_selection_request(selection, TEXT)

    def do_paste_image(self, request):
        selection = SELECTIONS[request['selection']]
        self.pastes.append((request, selection))
        self.main.clipboard_selection_request(selection, PNG)

    def do_resize(self, request):
        for number, monitor in enumerate(request['monitors']):
            area = [monitor[name] for name in ('x', 'y', 'width', 'height')]
            self.main.update_display_enabled(number, True, False)
            self.main.update_display(number, *area, False)
        self.main.send_monitor_config()
        return {}

    def do_send(self, request):
        if self.sending is not None:
            raise ValueError('files are on their way')
        files = [Gio.File.new_for_path(name) for name in request['files']]
        self.sending = (request, {}, files)
        self.main.file_copy_async(files, Gio.FileCopyFlags.NONE, None, None, None, lambda *_: None)

    def do_cancel_sending(self, _request):
        for task in list(self.tasks):
            task.cancel()
        return {}

    def do_point(self, request):
        self.inputs.position(request['x'], request['y'], request['display'], 0)
        return {}

    def do_click(self, _request):
        self.inputs.button_press(LEFT, LEFT_HELD)
        self.inputs.button_release(LEFT, 0)
        return {}


if __name__ == '__main__':
    Client(sys.argv[1], sys.argv[2:]).loop.run()

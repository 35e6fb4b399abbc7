"""VDSM's own reader of the oVirt channel as a judge: guestagent.py of VDSM, with as little of VDSM around it as it imports.

judge.py SOURCE SOCKET: connects, then takes a line of JSON at a time from stdin, [method, arguments...], and answers each
with a line: what the method gave, what VDSM knows of the guest, and all that it logged as a warning or worse.
"""
import json
import logging
import select
import sys
import threading
import time
import types

source, socket_path = sys.argv[1:3]


def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made


class Proxy:
    def prepareVmChannel(self, _path):
        pass


vdsm = module('vdsm', __path__=[])
vdsm.utils = module('vdsm.utils', picklecopy=lambda value: json.loads(json.dumps(value)))
vdsm.common = module('vdsm.common', __path__=[])
vdsm.common.filecontrol = module('vdsm.common.filecontrol', set_close_on_exec=lambda _fd: None)
vdsm.common.supervdsm = module('vdsm.common.supervdsm', getProxy=Proxy)
module('vdsm.common.units', MiB=1024 * 1024)
vdsm.virt = module('vdsm.virt', __path__=[])
vdsm.virt.vmstatus = module(
    'vdsm.virt.vmstatus', UP='Up', POWERING_DOWN='Powering down', REBOOT_IN_PROGRESS='RebootInProgress'
)
guestagent = module('vdsm.virt.guestagent')
with open(source + '/lib/vdsm/virt/guestagent.py') as text:
    exec(compile(text.read(), text.name, 'exec'), guestagent.__dict__)

complaints = []


class Complaints(logging.Handler):
    def emit(self, record):
        complaints.append(record.getMessage() + (' ' + repr(record.exc_info[1]) if record.exc_info else ''))


log = logging.getLogger('judge')
log.addHandler(Complaints(level=logging.WARNING))
log.propagate = False


class Listener:
    """What vmchannels.py is to it: connects, and calls back when there is something to read."""

    def register(self, create, connect, read, _timeout):
        fd = create()
        end = time.monotonic() + 20
        while not connect():
            if time.monotonic() > end:
                sys.exit('no agent at ' + socket_path)
            time.sleep(0.05)
            fd = create()
        threading.Thread(target=self.run, args=(fd, read), daemon=True).start()

    def unregister(self, _fd):
        pass

    def timeout(self):
        return 30

    def run(self, fd, read):
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        try:
            while True:
                poll.poll()
                if not read():
                    return
        except Exception as error:  # what ends VDSM's thread is the worst complaint
            complaints.append('raised ' + repr(error))


agent = guestagent.GuestAgent(socket_path, Listener(), log, lambda: None, lambda: None)
agent.start()


def run(method, arguments):
    if method == 'info':
        return dict(agent.getGuestInfo(), mapping=agent.guestDiskMapping, version=agent.effectiveApiVersion)
    target = agent.events if hasattr(agent.events, method) else agent
    return getattr(target, method)(*arguments)


for line in sys.stdin:
    method, *arguments = json.loads(line)
    try:
        result = run(method, arguments)
    except Exception as error:
        complaints.append('raised ' + repr(error))
        result = None
    print(json.dumps({'result': result, 'complaints': complaints}), flush=True)

"""The same as unsaved-text.py, for a session manager that speaks X11's session management protocol."""

import sys

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication, QWidget

QApplication.setFallbackSessionManagementEnabled(False)  # it would close the window whatever is objected
application = QApplication(sys.argv[:1])


def say(word):
    print(word, flush=True)


def commit(manager):
    say("asked")
    if "objects" in sys.argv:
        manager.allowsInteraction()
        manager.cancel()


application.commitDataRequest.connect(commit)
window = QWidget()
window.setWindowTitle("unsaved text")
window.show()
# Known to its session manager by now: QApplication says so to it before it is ready.
QTimer.singleShot(0, lambda: say("ready"))
application.exec_()
say("ended")

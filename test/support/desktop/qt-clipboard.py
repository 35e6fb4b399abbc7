"""An application of Qt 5 that copies or pastes; see gtk-clipboard.py."""

import sys

from PyQt5.QtGui import QGuiApplication, QImage

action, kind, *rest = sys.argv[1:]
application = QGuiApplication(sys.argv[:1])
clipboard = application.clipboard()
if action == "paste" and kind == "text":
    sys.stdout.write(clipboard.text() if clipboard.mimeData().hasText() else "nothing")
elif action == "paste":
    image = clipboard.image()
    if image.isNull():
        sys.stdout.write("nothing")
    else:
        color = image.pixelColor(0, 0)
        sys.stdout.write(f"{image.width()}x{image.height()} {color.red():02x}{color.green():02x}{color.blue():02x}")
else:
    if kind == "text":
        clipboard.setText(rest[0])
    else:
        clipboard.setImage(QImage(rest[0]))
    application.exec_()

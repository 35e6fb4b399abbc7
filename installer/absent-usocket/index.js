// dbus-next catches this and takes a plain socket, without descriptor passing.
throw new Error('usocket is left out');

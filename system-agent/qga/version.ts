/**
 * QEMU release whose guest agent schema this door follows. Hosts parse it as digits and dots and show it, so it is not
 * our own version; what works here they learn from the list of commands (L6).
 */
export const QEMU_VERSION = '11.1.0';

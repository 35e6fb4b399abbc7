import { type Check, fail, ok, unknown, warn } from '../finding.ts';

/** Can a SPICE client move the pointer? */
export const uinput: Check = {
  name: 'uinput',
  decide({ agent, uinput: { driver, node }, config }) {
    if (config.uinput.kind === 'off') {
      return [
        ok("the pointer is switched off by the configuration; a SPICE viewer's needs agent-mouse=off on the host"),
      ];
    }
    if (agent.known && agent.value.status.pointer.available) return [ok('the pointer is there')];
    if (!driver) {
      return [
        fail(
          'the kernel has no uinput: a client moves the pointer in X11 sessions only',
          'modprobe uinput, and name it in /etc/modules-load.d',
        ),
      ];
    }
    if (!node) return [fail('there is no /dev/uinput', 'restart udev: systemctl restart systemd-udevd')];
    if (!agent.known) return [unknown('whether the pointer works only the agent knows', 'start the agent')];
    const why = agent.value.status.pointer.why ?? 'it could not be made';
    return [warn(`there is no pointer: ${why}`, 'restart the agent as root: systemctl restart uga-system-agent')];
  },
};

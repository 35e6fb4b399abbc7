import { DEFAULT_PATHS } from './config.ts';

export const HELP = `Usage: qemu-ga [-m METHOD -p PATH] [OPTION]...
The QEMU guest agent's door of uga, under qemu-ga's own options.

  -m, --method METHOD     virtio-serial (default), isa-serial, unix-listen or
                          vsock-listen
  -p, --path PATH         device, socket or CID:PORT; default for virtio-serial:
                          ${DEFAULT_PATHS['virtio-serial']},
                          for isa-serial: ${DEFAULT_PATHS['isa-serial']}
  -c, --config PATH       configuration file; without it $QGA_CONF, then
                          /etc/qemu/qemu-ga.conf, which may be missing
  -l, --logfile PATH      append log lines to this file instead of stderr
  -f, --pidfile PATH      file for the process id of a daemon
  -t, --statedir DIR      folder for state
  -d, --daemonize         go on in the background: in /, with umask 077; the exit
                          code is 0 once the daemon serves
  -v, --verbose           log one line for each command
  -b, --block-rpcs LIST   commands to refuse, separated by commas; 'help' lists
                          all commands
  -a, --allow-rpcs LIST   refuse every command that is not in this list
  -r, --retry-path        wait for a device that is missing or goes away; this
                          agent always does
  -D, --dump-conf         print the settings in force as a configuration file
  -F, --fsfreeze-hook=P   run this script before a freeze and after the thaw
                          (default /etc/qemu/fsfreeze-hook)
  -V, --version           print the version
  -h, --help              print this help

A socket that systemd has opened ($LISTEN_FDS) takes the place of method and path.

Exit codes: 0 ended by a signal, 1 could not run or wrong options.
`;

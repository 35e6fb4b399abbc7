import { ours } from './desktop/pair.ts';
import { product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { IMAGES, type ImageName } from './image/recipe.ts';
import { noGuests } from './needs.ts';

/**
 * Runs a guest with the agent in it until Ctrl-C, or until the guest switches itself off.
 * @param argv at most the name of an image
 * @returns exit code
 */
export async function runConsole(argv: readonly string[]): Promise<number> {
  const [name = 'bookworm', ...rest] = argv;
  if (!isImage(name) || rest.length > 0) {
    console.error(`Usage: npm run vm [-- ${Object.keys(IMAGES).join('|')}]`);
    return 2;
  }
  if (noGuests) {
    console.error(`no guest can be started here: ${noGuests}`);
    return 1;
  }
  const interrupted = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('stopped'));
  });
  await using guest = await resumeGuest({ image: name });
  await (guest.files.image.desktop ? ours : product).start(guest.shell);
  console.log(directions(name, guest));
  console.log(await Promise.race([interrupted, guest.qemuEnded.then(() => 'the guest has ended')]));
  return 0;
}

function isImage(name: string): name is ImageName {
  return Object.hasOwn(IMAGES, name);
}

function directions(name: ImageName, guest: Machine): string {
  const { folder } = guest.files;
  return `
A ${name} guest runs as process ${guest.pid}, and in it the agent as ${product.unit}.

  ask the agent     node dist/uga.js host qga --connect ${guest.socketOf('qga')} guest-info
  a prompt for it   node dist/uga.js host qga --connect ${guest.socketOf('qga')}
  its other ports   ${guest.socketOf('ovirt')}
${guest.files.image.desktop ? screenOf(guest) : `                    ${guest.socketOf('vdagent')}`}
  a root shell      socat -,rawer,escape=0x1d UNIX-CONNECT:${folder}/console
                    Return shows the login: root, rootpw (or alice, alicepw); Ctrl-] leaves
  the agent's log   journalctl -u ${product.unit}    (in that shell)
  QEMU itself       socat -,rawer,escape=0x1d UNIX-CONNECT:${folder}/monitor

Ctrl-C ends the guest; nothing of it is kept.
`;
}

function screenOf(guest: Machine): string {
  return `\
  its screen        remote-viewer spice+unix://${guest.socketOf('spice')}
                    alice is logged in; there is also bob, with bobpw`;
}

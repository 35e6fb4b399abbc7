import type { Log } from '#shared/log/log.ts';
import { acceptUnix } from '#shared/native/unix-socket.ts';
import { type ListeningSocket, listenAt } from '#shared/socket/listening-socket.ts';
import { ListenChannel, WAITING_CLIENTS } from './listen.ts';

/** A unix socket. Its mode follows the umask; its file is removed at the end if it is still ours. */
export class UnixListenChannel extends ListenChannel {
  /** @param listen opens the socket, when it is not the one at `path` */
  constructor(path: string, log: Log, listen: () => ListeningSocket = () => listenAt(path, WAITING_CLIENTS)) {
    super(`unix-listen:${path}`, log, () => {
      const { fd, close } = listen();
      return { fd, accept: () => acceptUnix(fd), close };
    });
  }
}

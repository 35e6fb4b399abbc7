/**
 * An application that brings nothing for so long is taken for dead. Some are silent until the whole of a picture is encoded, and
 * desktops wait half a minute for them. A little less than whoever waits for us.
 */
export const SILENCE_MS = 27_000;

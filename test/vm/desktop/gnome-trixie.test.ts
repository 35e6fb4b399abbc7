import { gnomeIn } from './gnome-session.ts';

/** GNOME 48, of Debian 13. */
gnomeIn('gnome-trixie');

import { gnomeIn } from './gnome-session.ts';

gnomeIn('gnome');

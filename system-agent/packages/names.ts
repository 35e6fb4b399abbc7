/** What distributions' packages are called. Nothing else is believed: the texts end in lists that commas separate. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+@-]{0,255}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+:~_^%{}-]{0,255}$/;

export const isName = (text: string): boolean => NAME.test(text);
export const isVersion = (text: string): boolean => VERSION.test(text);

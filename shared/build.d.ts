/** Set by the bundler. */
declare const UGA_VERSION: string;
declare const UGA_COMMIT: string;

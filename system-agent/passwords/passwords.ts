export interface Passwords {
  /**
   * Sets a user's password. A secret: no error's text holds it (S12).
   * @throws {AgentError} 'invalid-argument' for bytes that the system's files cannot hold, 'failed' with the tool's words
   */
  set(wish: NewPassword): Promise<void>;
}

export interface NewPassword {
  readonly user: string;
  /** The password itself, or its hash as crypt(5) writes it. */
  readonly password: Uint8Array;
  readonly isHash: boolean;
}

/** @returns exit code */
export async function runFace(argv: readonly string[]): Promise<number> {
  console.log(argv.length);
  return 0;
}

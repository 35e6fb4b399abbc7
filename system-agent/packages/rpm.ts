import { isName, isVersion } from './names.ts';
import type { Package } from './packages.ts';

/** For `rpm --queryformat`: a line a package. */
export const RPM_FORMAT = '%{NAME} %{VERSION}-%{RELEASE}\\n';

/** @param output of `rpm -qa` with that format; keys of repositories stand among the packages */
export function parseRpmOutput(output: string): readonly Package[] {
  return output.split('\n').flatMap((line) => {
    const [name = '', version = '', ...more] = line.split(' ');
    const isPackage = more.length === 0 && isName(name) && isVersion(version) && name !== 'gpg-pubkey';
    return isPackage ? [{ name, version, provides: [] }] : [];
  });
}

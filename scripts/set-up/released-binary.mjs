// Whether a checkout can run on the binary in prebuilds.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { complaintAbout, PREBUILDS } from '../prebuild/manifest.mjs';
import { TARGETS } from '../prebuild/targets.mjs';

/**
 * The released binary for this machine, if it was made from the sources that are here; otherwise why there is
 * none, and the addon has to be built: C++ that has changed, a system without a binary, or the wish for a build.
 */
export function releasedBinary() {
  if (!['', '0'].includes(process.env.POLLUX_BUILD_FROM_SOURCE ?? ''))
    return { reason: 'POLLUX_BUILD_FROM_SOURCE is set' };
  const libc = process.platform === 'linux' ? (existsSync('/etc/alpine-release') ? 'musl' : 'glibc') : undefined;
  const target = TARGETS.find(
    ({ platform, arch, libc: ofTarget }) => platform === process.platform && arch === process.arch && ofTarget === libc,
  );
  if (target === undefined) return { reason: `there is no released binary for ${process.platform} ${process.arch}` };
  const reason = complaintAbout(target);
  return reason === undefined
    ? { file: join(PREBUILDS, target.file) }
    : { reason: `prebuilds/${target.file}: ${reason}` };
}

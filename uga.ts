import { runFace } from '#shared/cli/faces.ts';

process.exitCode = await runFace(process.argv);

import fc from 'fast-check';

// The same tests give the same verdict on the same code. Other seeds: FC_SEED=… npx vitest run …
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? '1') });

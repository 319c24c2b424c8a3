import fc from 'fast-check';

/** Property tests draw the same values in every run, so that a failure is one of the change at hand; PROPERTY_SEED draws others. */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_251) });

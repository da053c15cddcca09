import { z } from 'zod';

/** RFC 8037 keys of the hub, as far as a station uses them. */
export const jwksSchema = z.object({
  keys: z
    .array(
      z.looseObject({ kid: z.string(), kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
    )
    .max(50),
});
export type Jwk = z.infer<typeof jwksSchema>['keys'][number];

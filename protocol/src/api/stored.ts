import { z } from 'zod';
import { idSchema, isoTimeSchema } from './common.js';

/** What every document of `/core/v0` carries; `version` is the ETag. */
export const stored = {
  id: idSchema,
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
};

/** How often a property is tried: VOLTBAY_PROPERTY_FACTOR times the usual, for a long look before a release. */
export const runs = (usual: number): number => usual * Number(process.env.VOLTBAY_PROPERTY_FACTOR ?? 1);

/** A phone runs one copy of the app. */
export const oneAtATime = <T>(work: () => Promise<T>): Promise<T> => work();

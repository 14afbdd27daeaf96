/** The same work every time; gives back what came of it. */
export function work(units: number): number;

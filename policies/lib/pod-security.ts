import { isIn, isOff, not, ofPod } from "./condition.ts";

/** Windows knows no seccomp, no capabilities and no escalation by set-user-ID. */
export const notOnWindows = not(isIn(ofPod("os.name"), ["windows"]));

/** Users of a pod with users of its own are nobody on the node, so some of the checks let go of it. */
export const usersOfTheNode = not(isOff(ofPod("hostUsers")));

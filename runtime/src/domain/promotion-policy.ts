import type { ModelCard, PromotionCheck, PromotionPolicy, SignatureReport } from "@bedplate/contract";
import { evaluate, type Metrics } from "./promotion-evaluation.ts";

/** What the platform asks of every model. */
export interface PlatformMinimum {
  readonly approvals: number;
  readonly fourEyes: boolean;
  readonly signature: boolean;
  readonly modelCard: boolean;
}

/** What a version can show beside approvals and metrics; null for what was not looked at. */
export interface PromotionEvidence {
  readonly signature: {
    readonly state: SignatureReport["state"];
    readonly problems: readonly string[];
  } | null;
  readonly modelCard: Pick<ModelCard, "missing"> | null;
}

/** What is known of a version when its promotion is decided. */
export interface PromotionFacts extends PromotionEvidence {
  /** Who registered it, and who submitted the job that did. */
  readonly requesters: readonly string[];
  /** Standing decisions; `current` is whether they are about the files that the version has now. */
  readonly approvals: readonly {
    readonly actor: string;
    readonly decision: "approve" | "reject";
    readonly reason: string;
    readonly current: boolean;
  }[];
  /** Null when the version names no run that is still there. */
  readonly metrics: Metrics | null;
  /** Null when there is no champion, or the version itself is it. */
  readonly champion: { readonly version: number; readonly metrics: Metrics | null } | null;
}

/** The stricter of the platform's minimum and a model's own policy. */
export function strictest(minimum: PlatformMinimum, own: PromotionPolicy): PromotionPolicy {
  const fourEyes =
    (minimum.approvals > 0 && minimum.fourEyes) || (own.approvals.count > 0 && own.approvals.fourEyes);
  const count = Math.max(minimum.approvals, own.approvals.count);
  return {
    approvals: { count, fourEyes },
    evaluation: own.evaluation,
    signature: minimum.signature || own.signature,
    modelCard: minimum.modelCard || own.modelCard,
  };
}

/** Everything that a policy asks, and whether it is so; a standing rejection blocks under every policy. */
export function checkPromotion(policy: PromotionPolicy, facts: PromotionFacts): readonly PromotionCheck[] {
  return [
    ...rejections(facts),
    ...approvals(policy, facts),
    ...(policy.signature ? [signature(facts)] : []),
    ...(policy.modelCard ? [modelCard(facts)] : []),
    ...policy.evaluation.map((rule) => evaluate(rule, facts)),
  ];
}

function rejections(facts: PromotionFacts): readonly PromotionCheck[] {
  return facts.approvals
    .filter(({ decision }) => decision === "reject")
    .map(({ actor, reason }) => ({
      check: "rejection",
      met: false,
      detail: `${actor} rejected it: ${reason}`,
      fix: `Ask ${actor} to take that back, or register a better version.`,
    }));
}

function approvals({ approvals: asked }: PromotionPolicy, facts: PromotionFacts): readonly PromotionCheck[] {
  if (asked.count === 0) return [];
  const given = facts.approvals.filter(({ decision }) => decision === "approve");
  const current = given.filter((approval) => approval.current);
  const counted = current.filter(({ actor }) => !asked.fourEyes || !facts.requesters.includes(actor));
  const met = new Set(counted.map(({ actor }) => actor)).size >= asked.count;
  const left = [
    ...(current.length < given.length
      ? [`${given.length - current.length} for other files than it has now`]
      : []),
    ...(counted.length < current.length
      ? [`${current.length - counted.length} by who registered it, which four eyes leave out`]
      : []),
  ];
  const not = left.length === 0 ? "" : ` Not counted: ${left.join("; ")}.`;
  const who = asked.fourEyes ? "Ask somebody who did not register it" : "Ask somebody";
  return [
    {
      check: "approval",
      met,
      detail: `${counted.length} of ${asked.count} approvals.${not}`,
      fix: met ? null : `${who} to approve it: in the console, or POST …/approvals.`,
    },
  ];
}

/** Gathered before the decision; what a policy has come to ask in that moment was not. */
const unseen = { detail: "It was not looked at: the policy has just changed.", fix: "Try again." };

function signature({ signature }: PromotionFacts): PromotionCheck {
  const check = "signature";
  switch (signature?.state) {
    case undefined:
      return { check, met: false, ...unseen };
    case "valid":
      return { check, met: true, detail: "A trusted key signed its files.", fix: null };
    case "missing": {
      const fix =
        "Upload the bundle of a trusted key: PUT …/signature, or sign its files as they are: POST …/sign.";
      return { check, met: false, detail: "Nobody signed its files.", fix };
    }
    case "invalid": {
      const detail = `No signature of its files holds. ${signature.problems.join(" ")}`.trim();
      const fix =
        "See GET …/signature for the files; sign them as they are (POST …/sign) or register them again.";
      return { check, met: false, detail, fix };
    }
  }
}

/** Parts of the card that promotion itself brings, or that a check of their own decides. */
const elsewhere: ReadonlySet<string> = new Set(["history", "approvals"]);

function modelCard({ modelCard }: PromotionFacts): PromotionCheck {
  const check = "model-card";
  if (modelCard === null) return { check, met: false, ...unseen };
  const missing = modelCard.missing.filter(({ part }) => !elsewhere.has(part));
  if (missing.length === 0) return { check, met: true, detail: "Its model card is complete.", fix: null };
  const detail = `Its model card lacks ${missing.map(({ part }) => part).join(", ")}.`;
  return { check, met: false, detail, fix: missing.map(({ part, todo }) => `${part}: ${todo}`).join("\n") };
}

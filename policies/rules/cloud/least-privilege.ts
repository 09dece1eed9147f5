import { type Check, defineTypedRule, isNoneOf, wants } from "../../lib/expectation.ts";
import { allowing, anyonesStatements, textsOf } from "../../lib/iam.ts";
import { type Fields, fieldsOf, isUnknown, quote } from "../../lib/plain-data.ts";

/** By these a holder takes any right, when they are good for everything. */
const doors = new Set(["iam:*", "iam:passrole", "sts:assumerole", "sts:*"]);
const isStar = (action: string) => action === "*" || action === "*:*";

function judge({ Action, NotAction, Resource, Condition }: Fields): readonly string[] {
  if ([Action, NotAction, Resource, Condition].some(isUnknown)) return [];
  const actions = textsOf(Action);
  const everything = textsOf(Resource).includes("*");
  const star = actions.find(isStar);
  if (star !== undefined && everything)
    return ['allows "*" on "*", which is everything: name the actions and the resources'];
  if (NotAction !== undefined && NotAction !== null)
    return ["allows all but what NotAction lists, also what is added tomorrow: name the actions"];
  if (star !== undefined) return [`allows ${quote(star)}: name the actions`];
  const door = actions.find((action) => doors.has(action.toLowerCase()));
  const bound = Object.keys(fieldsOf(Condition)).length > 0;
  return door !== undefined && everything && !bound
    ? [`allows ${quote(door)} on "*", by which its holder takes any right: name the roles`]
    : [];
}

const policy: Check = ({ policy: document }) =>
  allowing(document).flatMap(({ place, statement }) =>
    judge(statement).map((finding) => `policy.${place} ${finding}`),
  );

const trust: Check = ({ assumeRolePolicy }) =>
  anyonesStatements(assumeRolePolicy).map(
    (place) => `assumeRolePolicy.${place} lets everybody take the role: name who may`,
  );

const administrators = /(^|\/)(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;
const attached = wants(
  "policyArn",
  (arn) => typeof arn !== "string" || !administrators.test(arn),
  "attach a policy that names what is needed",
);

const primitive = isNoneOf(
  "role",
  ["roles/owner", "roles/editor", "roles/iam.securityAdmin", "roles/iam.serviceAccountTokenCreator"],
  "give a role that names what is needed",
);

export const leastPrivilege = defineTypedRule(
  import.meta.url,
  {
    description: "No identity of a cloud may do everything, or take the rights of another.",
    severity: "critical",
    controls: ["CIS AWS 1.15", "CIS AWS 1.16", "CIS GCP 1.5", "CIS GCP 1.6", "CIS EKS 4.1.1", "SOC 2 CC6.3"],
    remediation: "Name the actions and the resources; the cloud's access analyser tells what was used.",
  },
  {
    "aws:iam/policy:Policy": policy,
    "aws:iam/rolePolicy:RolePolicy": policy,
    "aws:iam/userPolicy:UserPolicy": policy,
    "aws:iam/groupPolicy:GroupPolicy": policy,
    "aws:iam/role:Role": trust,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": attached,
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": attached,
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": attached,
    "gcp:projects/iAMMember:IAMMember": primitive,
    "gcp:projects/iAMBinding:IAMBinding": primitive,
    "gcp:folder/iAMMember:IAMMember": primitive,
    "gcp:organizations/iAMMember:IAMMember": primitive,
    "gcp:serviceaccount/iAMMember:IAMMember": isNoneOf(
      "role",
      ["roles/owner", "roles/editor"],
      "give a role that names what is needed",
    ),
  },
);

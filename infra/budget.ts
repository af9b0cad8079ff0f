/** Costs of the whole account: AWS knows a stage's costs only if its tags are activated for billing. */
import { globalNames, stage } from "./context.ts";
import { notices, noticesPolicy } from "./notices.ts";

new aws.budgets.Budget(
  "MonthlyBudget",
  {
    name: globalNames.budget,
    budgetType: "COST",
    timeUnit: "MONTHLY",
    limitAmount: String(stage.monthlyBudgetUsd),
    limitUnit: "USD",
    notifications: [50, 80, 100].map((threshold) => ({
      comparisonOperator: "GREATER_THAN",
      notificationType: "ACTUAL",
      threshold,
      thresholdType: "PERCENTAGE",
      subscriberSnsTopicArns: [notices.arn],
    })),
  },
  { dependsOn: noticesPolicy },
);

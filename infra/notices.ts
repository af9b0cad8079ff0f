/** Where alarms and budget notices go: one SNS topic, and an e-mail address if there is one. */
import { accountId, names, stage } from "./context.ts";

export const notices = new aws.sns.Topic("Notices", { name: names.notices });

export const noticesPolicy = new aws.sns.TopicPolicy("NoticesPolicy", {
  arn: notices.arn,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        actions: ["sns:Publish"],
        resources: [notices.arn],
        principals: [{ type: "Service", identifiers: ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"] }],
        conditions: [{ test: "StringEquals", variable: "aws:SourceAccount", values: [accountId] }],
      },
    ],
  }).json,
});

if (stage.alarmEmail) {
  new aws.sns.TopicSubscription("NoticesByEmail", {
    topic: notices.arn,
    protocol: "email",
    endpoint: stage.alarmEmail,
  });
}

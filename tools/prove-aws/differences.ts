/**
 * Where moto and Leo's local endpoints disagree and AWS's documentation sides with the local endpoints. The
 * suite checks that each of these still differs.
 */
export interface Difference {
  /** What moto does. */
  moto: string;
  /** What AWS says. */
  aws: string;
  link: string;
}

const API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference";

/** By the title of the suite's case. */
export const DIFFERENCES: Record<string, Difference> = {
  "one client token starts one task": {
    moto: "starts a second task",
    aws: "RunTask is idempotent for a client token",
    link: `${API}/ECS_Idempotency.html`,
  },
  "reusing a client token with other parameters conflicts and names the task": {
    moto: "starts a second task",
    aws: "the call is rejected with ConflictException, which lists the existing tasks in resourceIds",
    link: `${API}/API_RunTask.html#API_RunTask_Errors`,
  },
  "overrides of more than 8,192 characters are rejected": {
    moto: "accepts them",
    aws: "overrides may total 8,192 characters, JSON formatting included",
    link: `${API}/API_RunTask.html#API_RunTask_RequestSyntax`,
  },
  "a task has all containers of its definition and a creation time": {
    moto: "describes the first container only, and no createdAt",
    aws: "a task has its containers, and createdAt from when it enters PENDING",
    link: `${API}/API_Task.html#API_Task_Contents`,
  },
  "a stopped task is not found by its attempt": {
    moto: "lists stopped tasks as well",
    aws: "without desiredStatus only tasks that ECS wants RUNNING are listed",
    link: `${API}/API_ListTasks.html#API_ListTasks_RequestSyntax`,
  },
  "a stopped task has the stop code UserInitiated": {
    moto: "gives no stopCode",
    aws: "stopCode is UserInitiated after StopTask",
    link: `${API}/API_Task.html#API_Task_Contents`,
  },
  "stopping an unknown task is rejected": {
    moto: "answers 500, without an error code",
    aws: "the call is rejected with InvalidParameterException",
    link: `${API}/API_StopTask.html#API_StopTask_Errors`,
  },
  "an aborted multipart upload cannot be completed": {
    moto: "answers 500, without an error code",
    aws: "an aborted or completed upload is NoSuchUpload",
    link: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html",
  },
  "reads the Fargate quota": {
    moto: "knows VPC quotas only",
    aws: "GetServiceQuota covers every service code, including fargate",
    link: "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html",
  },
  "startedBy together with another filter is rejected": {
    moto: "filters by both",
    aws: "startedBy must be the only filter",
    link: `${API}/API_ListTasks.html#API_ListTasks_RequestSyntax`,
  },
};

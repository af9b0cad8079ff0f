/**
 * Where the emulator answers otherwise than Leo's local endpoints, and AWS's documentation says that the
 * local endpoints are right. The suite checks that each of these still differs.
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
  "the same client token is one task": {
    moto: "starts a second task",
    aws: "RunTask is idempotent for a client token",
    link: `${API}/ECS_Idempotency.html`,
  },
  "the same client token with other parameters is a conflict that names the task": {
    moto: "starts a second task",
    aws: "the call is rejected with ConflictException, which has the existing tasks in resourceIds",
    link: `${API}/API_RunTask.html#API_RunTask_Errors`,
  },
  "overrides of more than 8,192 characters are rejected": {
    moto: "takes them",
    aws: "a total of 8,192 characters is allowed for overrides, JSON formatting included",
    link: `${API}/API_RunTask.html#API_RunTask_RequestSyntax`,
  },
  "a task has every container of its definition, and a time of creation": {
    moto: "describes the first container only, and no createdAt",
    aws: "a task has its containers, and createdAt from the time when it enters PENDING",
    link: `${API}/API_Task.html#API_Task_Contents`,
  },
  "a task that was stopped is not found by its attempt": {
    moto: "lists stopped tasks as well",
    aws: "without desiredStatus only tasks that ECS wants RUNNING are listed",
    link: `${API}/API_ListTasks.html#API_ListTasks_RequestSyntax`,
  },
  "a task that was stopped says that a user did it": {
    moto: "gives no stopCode",
    aws: "stopCode is UserInitiated after StopTask",
    link: `${API}/API_Task.html#API_Task_Contents`,
  },
  "stopping a task that ECS does not know is rejected": {
    moto: "answers 500, without an error code",
    aws: "the call is rejected with InvalidParameterException",
    link: `${API}/API_StopTask.html#API_StopTask_Errors`,
  },
  "a multipart upload that was given up cannot be completed": {
    moto: "answers 500, without an error code",
    aws: "an upload that was aborted or completed is NoSuchUpload",
    link: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html",
  },
  "reads the Fargate quota": {
    moto: "knows the quotas of VPCs only",
    aws: "GetServiceQuota answers for every service code, fargate among them",
    link: "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html",
  },
  "startedBy together with another filter is rejected": {
    moto: "filters by both",
    aws: "startedBy must be the only filter",
    link: `${API}/API_ListTasks.html#API_ListTasks_RequestSyntax`,
  },
};

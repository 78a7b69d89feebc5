package cn.jpush.android.service;

import android.app.ActivityManager;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.os.IBinder;
import android.os.PowerManager;
import android.os.Vibrator;
import android.telephony.TelephonyManager;
import android.util.Log;

public class PushService extends Service {
    static final String HOST = "s.jpush.cn";

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        PowerManager power = (PowerManager) getSystemService(Context.POWER_SERVICE);
        PowerManager.WakeLock lock = power.newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "JPush");
        lock.acquire(1000);
        try {
            register();
        } finally {
            lock.release();
        }
        return START_STICKY;
    }

    private void register() {
        TelephonyManager phone = (TelephonyManager) getSystemService(Context.TELEPHONY_SERVICE);
        ActivityManager activities = (ActivityManager) getSystemService(Context.ACTIVITY_SERVICE);
        String subscriber;
        try {
            subscriber = phone.getSubscriberId() + "/" + phone.getSimSerialNumber();
        } catch (SecurityException denied) {
            subscriber = "";
        }
        Log.d("JPush", HOST + " " + subscriber + " " + activities.getRunningAppProcesses().size());
        ((Vibrator) getSystemService(Context.VIBRATOR_SERVICE)).vibrate(50);
    }
}
